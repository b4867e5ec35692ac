# Best rate against a setting, both logarithmic; a line per method, bars are intervals.
left = 95.0 / figure_width
set lmargin at screen left; set rmargin at screen 1 - 420.0 / figure_width
set tmargin at screen top; set bmargin at screen caption_top + 3.6 * line_height
set logscale xy
set format y '10^{%T}'
set termoption enhanced
set xlabel axis font ',13' noenhanced offset 0,0.4
set ylabel 'best rate' font ',13' offset 0.8,0
stats $peaks using 1 nooutput name 'X'
stats $peaks using 2 nooutput name 'R'
set xrange [X_min / 1.3 : X_max * 1.3]
set yrange [R_min / 3 : R_max * 3]
set xtics (X_min) font ',12'
set ytics font ',12'
do for [i=0:20] { v = X_min * 2 ** i; if (v <= X_max * 1.01) { set xtics add (sprintf('%g', v) v) } }
set key at screen 1 - 400.0 / figure_width, screen top left Left reverse font ',12' noenhanced
set offsets 0, 0, 0, 0
# Lines of one axis stand side by side, by a few per cent, so that their bars can be told apart.
aside(i) = 1 + 0.03 * (i - (lines - 1) / 2.0)
plot for [i=0:lines-1] $peaks index i using ($1 * aside(i)):2 with lines lw 2 lc rgb color(i) title label(i), \
     for [i=0:lines-1] $peaks index i using ($1 * aside(i)):@bar with yerrorbars pt 7 ps 0.9 lw 1.4 lc rgb color(i) notitle
