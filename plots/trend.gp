# Difference to a reference against a setting (logarithmic), a panel per method, all on one scale.
set multiplot
unset key
columns = panels < 4 ? panels : 4
rows = (panels + columns - 1) / columns
left = 78.0 / figure_width; gap = 22.0 / figure_width
bottom = caption_top + 3.4 * line_height
between = 5.4 * line_height
wide = (1 - left - 20.0 / figure_width - gap * (columns - 1)) / columns
high = (top - 1.6 * line_height - bottom - between * (rows - 1)) / rows
stats $differences using ($3 == $3 ? $3 : $2) nooutput name 'L'
stats $differences using ($4 == $4 ? $4 : $2) nooutput name 'H'
ylow = L_min < -1.5 * margin ? L_min : -1.5 * margin
yhigh = H_max > 1.5 * margin ? H_max : 1.5 * margin
span = yhigh - ylow
set logscale x 2
set xrange [first / 1.4 : last * 1.4]
set yrange [ylow - 0.06 * span : yhigh + 0.06 * span]
set xtics (first) font ',12'
do for [i=0:20] { v = first * 2 ** i; if (v <= last * 1.01) { set xtics add (sprintf('%g', v) v) } }
set ytics font ',12'
do for [i=0:panels-1] {
    col = i % columns; row = i / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 1.6 * line_height - row * (high + between)
    set bmargin at screen top - 1.6 * line_height - row * (high + between) - high
    set title label(i)."\n".value(sprintf('words_%d', i)) font ',12' offset 0,-0.7 noenhanced
    set format y (col == 0 ? '%g' : '')
    if (i >= panels - columns) { set xlabel axis font ',12' offset 0,0.6 noenhanced } else { unset xlabel }
    if (col == 0) { set ylabel 'points' font ',12' offset 0.6,0 } else { unset ylabel }
    set object 1 rectangle from graph 0, first -margin to graph 1, first margin fc rgb '#e4e4e4' fs solid noborder behind
    set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb '#0072B2' lw 1 dt 2 back
    plot $differences index i using 1:2 with lines lw 1.6 lc rgb color(i), \
         $differences index i using 1:@bar with yerrorbars pt mark(i) ps 1.2 lw 1.6 lc rgb color(i)
    unset label
}
unset multiplot
