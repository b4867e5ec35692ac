# Validation score against learning rate, a panel per method with LoRA behind it.
set multiplot
unset key
stats $curves using 2 nooutput name 'S'
stats $curves using 1 nooutput name 'X'
# Rates at which training broke down stand at the lower edge: the rest would be squeezed otherwise.
ylow = (S_min > S_max - 40 ? floor(S_min / 5) * 5 : ceil((S_max - 40) / 5) * 5) - 4; yhigh = ceil(S_max / 5) * 5 + 2
clip(y) = y < ylow + 1 ? ylow + 1 : y
columns = panels < 4 ? panels : 4
lines = (panels + columns - 1) / columns
left = 88.0 / figure_width; gap = 24.0 / figure_width
bottom = caption_top + 3.4 * line_height
between = 4.0 * line_height
wide = (1 - left - 20.0 / figure_width - gap * (columns - 1)) / columns
high = (top - 1.4 * line_height - bottom - between * (lines - 1)) / lines
set logscale x
unset mxtics
set xrange [X_min / 1.6 : X_max * 1.6]
set yrange [ylow:yhigh]
set xtics 10 font ',12' offset 0,0.3
set ytics font ',12'
set termoption enhanced
do for [i=0:panels-1] {
    col = i % columns; row = i / columns
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - 1.4 * line_height - row * (high + between)
    set bmargin at screen top - 1.4 * line_height - row * (high + between) - high
    set title label(i)."\n".value(sprintf('words_%d', i)) font ',12' offset 0,-0.7 noenhanced
    set format x (i >= panels - columns ? '10^{%T}' : '')
    set format y (col == 0 ? '%g' : '')
    if (i >= panels - columns) { set xlabel 'learning rate' font ',12' offset 0,0.8 } else { unset xlabel }
    if (col == 0) { set ylabel 'validation' font ',12' offset 0.6,0 } else { unset ylabel }
    plot $curves index i using 1:($6 > 0 ? ylow : NaN):(0):($6 * (yhigh - ylow)) with vectors nohead lw 9 lc rgb '#f2c4c8', \
         $curves index (reference < 0 ? i : reference) using 1:(clip($2)) with lines lw 1.4 dt 2 lc rgb '#222222', \
         $curves index i using 1:(clip($3)):(clip($4)) with filledcurves fs transparent solid 0.25 noborder lc rgb color(i), \
         $curves index i using 1:(clip($2)) with linespoints lw 2 pt mark(i) ps 0.8 lc rgb color(i), \
         $curves index i using 1:($5 == 1 ? $2 : NaN) with points pt 6 ps 2.2 lw 2 lc rgb '#222222', \
         $optima every ::i::i using 2:4:($3 - $2):(0) with vectors nohead lw 4 lc rgb '#222222'
    unset label
}
unset multiplot
