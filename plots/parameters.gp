# Score against trained parameters, logarithmic, a panel per task.
set multiplot
columns = tasks < 2 ? 1 : 2
lines = (tasks + columns - 1) / columns
left = 80.0 / figure_width; gap = 60.0 / figure_width
legend = 235.0 / figure_width
bottom = caption_top + 4.0 * line_height
between = 6.2 * line_height
wide = (1 - left - legend - gap * (columns - 1)) / columns
high = (top - 0.8 * line_height - bottom - between * (lines - 1)) / lines
set logscale x
set termoption enhanced
set format x '10^{%T}'
unset key
stats $sizes using ($1 > 0 ? $1 : NaN) nooutput name 'X'
xlow = X_min / 3; xhigh = X_max * 2
set xrange [xlow:xhigh]
# Every method stands where it is, also where several have one size; the head alone has no place on a logarithmic axis and is
# a note.
place(x) = x > 0 ? x : NaN
set xlabel 'adapter parameters' font ',13' offset 0,0.7
# The legend: a key beside a panel would break into columns over it when methods are many.
do for [m=0:methods-1] {
    set label 9100+m label(m) at screen 1 - legend + 24.0 / figure_width, screen top - (0.4 + 1.25 * m) * line_height left \
        point pt mark(m) ps 1.2 lc rgb color(m) offset 1.2,-0.15 font ',12' noenhanced
}
do for [t=0:tasks-1] {
    col = t % columns; row = t / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.8 * line_height - row * (high + between)
    set bmargin at screen top - 0.8 * line_height - row * (high + between) - high
    set title value(sprintf('task_%d', t)) font ',14' offset 0,-0.6 noenhanced
    at = value(sprintf('full_%d', t))
    head = value(sprintf('head_%d', t))
    if (head == head) { set label 1 sprintf('head only: %.1f', head) at graph 0.97, graph 0.05 right font ',12' tc rgb '#666666' }
    plot at with lines lw 1.5 dt 2 lc rgb '#000000' notitle, \
         for [m=0:methods-1] $sizes index t * methods + m using (place($1)):2 with lines lw 1.6 lc rgb color(m) notitle, \
         for [m=0:methods-1] $sizes index t * methods + m using (place($1)):@bar with yerrorbars pt mark(m) ps 1.1 lw 1.2 lc rgb color(m) notitle, \
         for [m=0:methods-1] $sizes index t * methods + m using (place($1)):2:(said(label(m), $2, $3, $4)) @tell
    unset label
}
unset multiplot
