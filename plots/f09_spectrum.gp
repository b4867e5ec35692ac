# Figure 9: singular values of the weight change, relative to the largest, logarithmic.
set bmargin at screen caption_top + 4.4 * line_height
set tmargin at screen top
set lmargin at screen 90.0 / figure_width
set rmargin at screen 0.70
set key at screen 0.99, top right top Left reverse font ',12'
set logscale xy
set termoption enhanced
set format y '10^{%T}'
set xrange [0.9:70]
set yrange [1e-4:1.6]
set xtics (1, 2, 4, 8, 16, 32, 64)
set xlabel 'singular value' offset 0,0.4
set ylabel 'relative size'
if (planted == planted) { set arrow 1 from planted, graph 0 to planted, graph 1 nohead lc rgb '#444444' dt 2 lw 1.5 back }
named(i) = sprintf('%s (%.1f)', label(i), value(sprintf('rank_%d', i)))
height(i) = 1.0
plot for [i=0:series-1] $spectra index i using 1:2 with linespoints lw 1.8 dt 1 + i % 3 pt mark(i) ps 0.55 lc rgb color(i) title named(i) noenhanced, \
     for [i=0:series-1] '+' using (value(sprintf('rank_%d', i))):(1.3) every ::0::0 with points pt 11 ps 1.1 lc rgb color(i) notitle
