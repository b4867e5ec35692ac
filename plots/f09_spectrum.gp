# Figure 9: singular values of the weight change relative to the largest, both logarithmic; intruder dimensions beside them.
set multiplot
set bmargin at screen caption_top + 4.4 * line_height
set tmargin at screen top
left = 90.0 / figure_width
legend = 1 - 330.0 / figure_width
gap = 85.0 / figure_width
middle = known ? left + (legend - left - gap) * 0.56 : legend
set lmargin at screen left
set rmargin at screen middle
set key at screen 1 - 8.0 / figure_width, top right top Left reverse font ',12'
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
plot for [i=0:series-1] $spectra index i using 1:2 with linespoints lw 1.8 dt 1 + i % 3 pt mark(i) ps 0.55 lc rgb color(i) title named(i) noenhanced, \
     for [i=0:series-1] '+' using (value(sprintf('rank_%d', i))):(1.3) every ::0::0 with points pt 11 ps 1.1 lc rgb color(i) notitle
if (known) {
    unset logscale
    unset arrow 1
    unset key
    set lmargin at screen middle + gap
    set rmargin at screen legend
    set format y '%g'
    set xrange [0.05:0.95]
    set yrange [-0.2:*]
    set xtics 0.2, 0.2, 0.8
    set xlabel 'threshold of |cosine|'
    set ylabel 'intruder dimensions of ten' offset 1.5,0
    set arrow 2 from 0.5, graph 0 to 0.5, graph 1 nohead lc rgb '#444444' dt 3 lw 1.5 back
    plot for [i=0:series-1] $intruders index i using 1:2 with linespoints lw 1.8 dt 1 + i % 3 pt mark(i) ps 0.7 lc rgb color(i) notitle
}
unset multiplot
