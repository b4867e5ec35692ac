# Score against forgetting of changed weights, a panel per task: a line through the scales, dots through the ranks.
set multiplot
unset key
columns = tasks < 2 ? 1 : 2
lines = (tasks + columns - 1) / columns
left = 104.0 / figure_width; gap = 75.0 / figure_width
legend = 260.0 / figure_width
bottom = caption_top + 4.2 * line_height
between = 6.0 * line_height
wide = (1 - left - legend - gap * (columns - 1)) / columns
high = (top - 0.8 * line_height - bottom - between * (lines - 1)) / lines
set xlabel 'rise of pretraining loss' font ',13' offset 0,0.7
do for [m=0:methods-1] {
    set label 9100+m label(m) at screen 1 - legend + 24.0 / figure_width, screen top - (0.4 + 1.25 * m) * line_height left \
        point pt mark(m) ps 1.2 lc rgb color(m) offset 1.2,-0.15 font ',12' noenhanced
}
do for [t=0:tasks-1] {
    col = t % columns; row = t / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.8 * line_height - row * (high + between)
    set bmargin at screen top - 0.8 * line_height - row * (high + between) - high
    set title value(sprintf('task_%d', t)) font ',14' offset 0,-0.6
    if (col == 0) { set ylabel 'test score x 100' font ',13' offset 0.6,0 } else { unset ylabel }
    set xtics autofreq font ',12' offset 0,0.3
    set ytics autofreq font ',12'
    set offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04
    plot for [m=0:methods-1] $scaled index t * methods + m using 2:1 with lines lw 1.6 lc rgb color(m) notitle, \
         for [m=0:methods-1] $scaled index t * methods + m using 2:($3 == 1 ? $1 : NaN) with points pt mark(m) ps 1.3 lc rgb color(m) notitle, \
         for [m=0:methods-1] $cut index t * methods + m using 2:1 with linespoints dt 3 lw 1.2 pt 7 ps 0.5 lc rgb color(m) notitle
    unset label
}
unset multiplot
