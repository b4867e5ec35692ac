# Best rate against eigenvalue, both logarithmic; the band in which their product is the same within a factor of three.
left = 95.0 / figure_width
set lmargin at screen left; set rmargin at screen 1 - 200.0 / figure_width
set tmargin at screen top; set bmargin at screen caption_top + 4.2 * line_height
set logscale xy
set termoption enhanced
set format x '10^{%T}'
set format y '10^{%T}'
set xlabel 'largest eigenvalue of the Hessian at the start' font ',13' noenhanced offset 0,0.4
set ylabel 'best rate' font ',13' offset 0.8,0
set xtics font ',12'
set ytics font ',12'
stats $points using 1 nooutput name 'X'
stats $points using 4 nooutput name 'R'
set xrange [X_min / 8 : X_max * 8]
set yrange [R_min / 6 : R_max * 6]
set key at screen 1 - 190.0 / figure_width, screen top left Left reverse font ',12' noenhanced
set samples 400
plot '+' using 1:(middle / sqrt(3) / $1):(middle * sqrt(3) / $1) with filledcurves lc rgb '#d8d8d8' notitle, \
     for [i=0:methods-1] $points index i using 1:4:($2 == $2 ? $2 : $1):($3 == $3 ? $3 : $1):($5 == $5 ? $5 : $4):($6 == $6 ? $6 : $4) with xyerrorbars pt mark(i) ps 1.2 lw 1.4 lc rgb color(i) title label(i)
