# Bits learned against bits held, a line per method; all of them; two bits per parameter of the reference.
left = 110.0 / figure_width
set lmargin at screen left; set rmargin at screen 1 - 200.0 / figure_width
set tmargin at screen top; set bmargin at screen caption_top + 4.2 * line_height
stats $learned using 1 nooutput name 'X'
stats $learned using ($3 == $3 ? $3 : $2) nooutput name 'L'
stats $learned using ($4 == $4 ? $4 : $2) nooutput name 'H'
yhigh = H_max > X_max ? H_max : X_max
set xrange [0 : X_max * 1.06]
set yrange [(L_min < 0 ? L_min : 0) - 0.03 * yhigh : yhigh * 1.06]
set xlabel 'bits that the labels hold' font ',13' offset 0,0.4
set ylabel 'bits learned' font ',13' offset 0.8,0
set xtics font ',12'
set ytics font ',12'
set key at screen 1 - 190.0 / figure_width, screen top left Left reverse font ',12' noenhanced
plot x with lines lc rgb '#808080' dt 2 lw 1.4 title 'all of them', \
     (two > 0 ? two : NaN) with lines lc rgb '#808080' dt 3 lw 1.4 title (two > 0 ? '2 bits each, '.reference : ''), \
     for [i=0:lines-1] $learned index i using 1:2 with lines lw 1.6 lc rgb color(i) notitle, \
     for [i=0:lines-1] $learned index i using 1:@bar with yerrorbars pt mark(i) ps 1.2 lw 1.4 lc rgb color(i) notitle, \
     for [i=0:lines-1] keyentry with linespoints pt mark(i) ps 1.2 lw 1.6 lc rgb color(i) title label(i)
