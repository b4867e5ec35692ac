# Recovered share of a planted change against rank, a panel per planted task.
set multiplot
columns = tasks < 3 ? tasks : 3
lines = (tasks + columns - 1) / columns
left = 95.0 / figure_width; gap = 30.0 / figure_width
legend = 205.0 / figure_width
bottom = caption_top + 4.0 * line_height
between = 4.4 * line_height
wide = (1 - left - legend - gap * (columns - 1)) / columns
high = (top - 0.8 * line_height - bottom - between * (lines - 1)) / lines
set logscale x 2
stats $recovered using ($1 > 0 ? $1 : NaN) nooutput name 'R'
stats $recovered using 2 nooutput name 'S'
edge = R_records > 0 ? R_max * 2.2 : 2
set xrange [(R_records > 0 ? R_min : 1) / 1.5 : edge * 1.4]
set yrange [(S_min < 0 ? S_min - 0.05 : 0) : 1.05]
set xtics (1, 2, 4, 8, 16, 32, 64) font ',12' offset 0,0.3
set ytics 0.25 font ',12'
do for [t=0:tasks-1] {
    col = t % columns; row = t / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.8 * line_height - row * (high + between)
    set bmargin at screen top - 0.8 * line_height - row * (high + between) - high
    set title value(sprintf('task_%d', t)) font ',13' offset 0,-0.6
    if (col == 0) { set ylabel 'recovered' font ',13' offset 1,0; set format y '%g' } else { unset ylabel; set format y '' }
    if (t >= tasks - columns || lines == 1) { set xlabel 'rank' font ',13' offset 0,0.7 } else { unset xlabel }
    at = value(sprintf('planted_%d', t))
    unset arrow
    if (at == at) { set arrow 1 from at, graph 0 to at, graph 1 nohead lc rgb '#444444' dt 2 lw 1.5 back }
    if (t == 0) { set key at screen 1 - 0.008, top right top Left reverse font ',12' width -2 } else { unset key }
    plot for [m=0:methods-1] $recovered index t * methods + m using ($1 > 0 ? $1 : NaN):2 with lines lw 1.8 lc rgb color(m) notitle, \
         for [m=0:methods-1] $recovered index t * methods + m using ($1 > 0 ? $1 : edge):@bar with yerrorbars pt mark(m) ps 1.1 lc rgb color(m) notitle, \
         for [m=0:methods-1] $recovered index t * methods + m using ($1 > 0 ? $1 : edge):2:(said(label(m), $2, $3, $4)) @tell, \
         for [m=0:methods-1] keyentry with points pt mark(m) ps 1.2 lc rgb color(m) title label(m)
    unset label
}
unset multiplot
