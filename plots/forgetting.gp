# Forgetting against score, a panel per task: medians with the middle half, a line through rising rates.
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
set xlabel 'test score x 100' font ',13' offset 0,0.7
stats $runs using 6 nooutput name 'R'
most = R_max
stats $runs using 5 nooutput name 'R'
least = R_min < 0 ? R_min : 0
# Linear up to about 0.1, logarithmic beyond.
set nonlinear y via asinh(y / 0.1) inverse 0.1 * sinh(y)
set yrange [least - 0.02 : most * 1.3]
set ytics (0, 0.1, 0.3, 1, 3, 10) font ',12'
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
    set title value(sprintf('task_%d', t)) font ',14' offset 0,-0.6
    if (col == 0) { set ylabel 'rise of pretraining loss' font ',13' offset 0.6,0 } else { unset ylabel }
    # Few tics: this panel's scores decide.
    worst = NaN; best = NaN
    do for [m=0:methods-1] {
        stats $runs index t * methods + m using (worst = $1 >= worst ? worst : $1, best = $1 <= best ? best : $1, $1) nooutput name 'S'
    }
    step = best > worst ? tic(best - worst) : 1
    set xtics step font ',12' offset 0,0.3
    set offsets graph 0.04, graph 0.04, 0, 0
    plot for [m=0:methods-1] $runs index t * methods + m using 1:4 with linespoints lw 1.3 pt mark(m) ps 1.1 lc rgb color(m) notitle, \
         for [m=0:methods-1] $runs index t * methods + m using 1:4:2:3:5:6 with xyerrorbars pt 0 lw 1 lc rgb color(m) notitle
    unset label
}
unset multiplot
