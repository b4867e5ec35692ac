# AdaLoRA's ranks: heat maps over layer and matrix, and mean rank per layer over time; a column per variant.
stats $map using 3 nooutput name 'R'
stats $time using 2 nooutput name 'T'
set multiplot
unset key
left = 85.0 / figure_width; legend = 125.0 / figure_width; gap = 85.0 / figure_width
bottom = caption_top + 3.4 * line_height; between = 5.4 * line_height
wide = (1 - left - legend - gap) / 2
lines = variants > 1 ? 2 : 1
high = (top - 1.2 * line_height - bottom - between * (lines - 1)) / lines
dark(x) = x > 0.65 * R_max ? 0xffffff : 0x111111
layer_word(i) = i == 0 || i == layers - 1 || layers < 7 ? sprintf('layer %d', i) : ''
do for [v=0:variants-1] {
    # The map: with two variants each has a column, with one the curve stands beside it.
    set lmargin at screen left + v * (wide + gap); set rmargin at screen left + v * (wide + gap) + wide
    base = bottom + (lines - 1) * (high + between)
    set bmargin at screen base; set tmargin at screen base + high
    set xrange [-0.5:columns - 0.5]; set yrange [layers - 0.5:-0.5]
    set xtics ('' -1) scale 0 font ',13'
    set for [i=0:columns-1] xtics add (value(sprintf('column_%d', i)) i)
    set ytics 1 scale 0 font ',13' format '%g'
    unset grid; unset offsets; unset xlabel; unset key
    if (v == 0) { set ylabel 'layer' offset 0,0 } else { unset ylabel }
    set palette defined (0 '#f7fbff', 0.5 '#9ecae1', 1 '#2171b5')
    unset colorbox
    set cbrange [0:R_max > 0 ? R_max : 1]
    set title sprintf('%s: final rank', value(sprintf('variant_%d', v))) font ',14' offset 0,-0.6
    plot $map index v using 1:2:3 with image pixels, \
         $map index v using 1:2:($4 == $4 ? sprintf('%.1f ± %.1f', $3, $4) : sprintf('%.1f', $3)):(dark($3)) with labels font ',12' tc rgb variable
    unset label
    unset xtics; unset ytics
    set grid
    col = lines > 1 ? v : 1
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set bmargin at screen bottom; set tmargin at screen bottom + high
    set xtics autofreq scale 0.6 font ',12' offset 0,0.3; set ytics autofreq scale 0.6 font ',12'
    set autoscale
    set xlabel 'step' font ',13' offset 0,0.7
    if (col == 0 || lines == 1) { set ylabel 'mean rank' offset 1,0 } else { unset ylabel }
    set title (lines > 1 ? 'over time' : 'mean rank per layer over time') font ',14' offset 0,-0.6
    set xrange [0:*]
    set yrange [0:T_max * 1.1]
    set offsets 0, graph 0.03, 0, 0
    if (v == 0) { set key at screen 0.995, top right top Left reverse font ',12' }
    plot for [i=0:layers-1] $time index v * layers + i using 1:2 with linespoints lw 2 pt 7 ps 0.8 lc rgb value(sprintf('layer_%d', i)) title layer_word(i)
}
unset multiplot
