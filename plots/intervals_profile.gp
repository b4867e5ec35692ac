# The second part of intervals: performance profiles, a panel per method with LoRA behind it.
set multiplot
unset key
columns = series < 5 ? series : 5
lines = (series + columns - 1) / columns
left = 80.0 / figure_width; gap = 22.0 / figure_width
bottom = caption_top + 3.6 * line_height
between = 3.2 * line_height
wide = (1 - left - 20.0 / figure_width - gap * (columns - 1)) / columns
high = (top - 0.6 * line_height - bottom - between * (lines - 1)) / lines
stats $profile using 1 nooutput name 'X'
set xrange [X_min:X_max]
set yrange [0:1.04]
set ytics 0.5 font ',12'
set xtics tic(X_max - X_min) font ',12' offset 0,0.3
do for [i=0:series-1] {
    col = i % columns; row = i / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 0.6 * line_height - row * (high + between)
    set bmargin at screen top - 0.6 * line_height - row * (high + between) - high
    set title label(i) font ',12' offset 0,-0.7
    last = i + columns >= series
    set format x (last ? '%g' : ''); set format y (col == 0 ? '%g' : '')
    if (last) { set xlabel axis font ',12' offset 0,0.8 } else { unset xlabel }
    if (col == 0) { set ylabel 'share above' font ',12' offset 1,0 } else { unset ylabel }
    plot $profile index (reference < 0 ? i : reference) using 1:(reference < 0 ? NaN : $2) with lines lw 1.4 dt 2 lc rgb '#222222', \
         $profile index i using 1:2 with lines lw 2.4 lc rgb color(i)
    unset label
}
unset multiplot
