# Figure 8: forgetting against score, one point per run, a panel per task.
set multiplot
columns = tasks < 2 ? 1 : 2
lines = (tasks + columns - 1) / columns
left = 105.0 / figure_width; gap = 85.0 / figure_width
legend = 250.0 / figure_width
bottom = caption_top + 4.0 * line_height
between = 5.0 * line_height
wide = (1 - left - legend - gap * (columns - 1)) / columns
high = (top - 0.8 * line_height - bottom - between * (lines - 1)) / lines
set xlabel 'test score' font ',13' offset 0,0.7
do for [t=0:tasks-1] {
    col = t % columns; row = t / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.8 * line_height - row * (high + between)
    set bmargin at screen top - 0.8 * line_height - row * (high + between) - high
    set title value(sprintf('task_%d', t)) font ',14' offset 0,-0.6
    if (col == 0) { set ylabel 'rise of pretraining loss' font ',13' offset 0.6,0 } else { unset ylabel }
    set offsets graph 0.04, graph 0.04, graph 0.06, graph 0.06
    if (t == 0) { set key at screen 1 - 0.010, top right top Left reverse font ',12' width -2 } else { unset key }
    plot for [m=0:series-1] $runs index t * series + m using 1:2 with points pt mark(m) ps 1.0 lc rgb color(m) notitle, \
         for [m=0:series-1] keyentry with points pt mark(m) ps 1.2 lc rgb color(m) title label(m)
    unset label
}
unset multiplot
