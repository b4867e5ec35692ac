# Figure 2: AdaLoRA's ranks: a heat map over layer and matrix, and mean rank per layer over time.
stats $map using 3 nooutput name 'R'
set multiplot
unset key
bottom = caption_top + 3.4 * line_height
set bmargin at screen bottom; set tmargin at screen top - 0.6 * line_height
set lmargin at screen 75.0 / figure_width; set rmargin at screen 0.46
set xrange [-0.5:columns - 0.5]; set yrange [layers - 0.5:-0.5]
set xtics ('' -1) scale 0 font ',13'
set for [i=0:columns-1] xtics add (value(sprintf('column_%d', i)) i)
set ytics 1 scale 0 font ',13'
unset grid
set ylabel 'layer' offset 1,0
set palette defined (0 '#f7fbff', 0.5 '#9ecae1', 1 '#2171b5')
unset colorbox
set cbrange [0:R_max > 0 ? R_max : 1]
set title 'final rank, mean ± sd' font ',14' offset 0,-0.6
dark(x) = x > 0.65 * R_max ? 0xffffff : 0x111111
plot $map using 1:2:3 with image pixels, \
     $map using 1:2:($4 == $4 ? sprintf('%.1f ± %.1f', $3, $4) : sprintf('%.1f', $3)):(dark($3)) with labels font ',12' tc rgb variable
unset label
unset xtics; unset ytics
set grid
set lmargin at screen 0.56; set rmargin at screen 0.87
set autoscale
set xtics autofreq scale 0.6 font ',12' offset 0,0.3; set ytics autofreq scale 0.6 font ',12'
set xlabel 'step' font ',13' offset 0,0.7
set ylabel 'rank' offset 1,0
set title 'mean rank per layer' font ',14' offset 0,-0.6
set yrange [0:*]
set key at screen 0.99, top right top Left reverse font ',12'
set offsets graph 0.03, graph 0.03, graph 0.1, 0
plot for [i=0:layers-1] $time index i using 1:2 with linespoints lw 2 pt 7 ps 0.8 lc rgb value(sprintf('layer_%d', i)) title sprintf('layer %d', i)
unset multiplot
