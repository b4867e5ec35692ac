# dM against dD, a panel per method on the same logarithmic axes; a line is the way of one matrix of one run.
left = 104.0 / figure_width; gap = 26.0 / figure_width
legend = 1.6 * line_height
bottom = caption_top + 4.4 * line_height + legend
wide = (1 - left - 20.0 / figure_width - gap * (methods - 1)) / methods
panel_top = top - 3.2 * line_height
set multiplot
set xtics font ',12' offset 0,0.3
set ytics font ',12' offset 0.4,0
unset key
# The legend. Few layers have a name each; of many only the first and the last.
at = left
y0 = caption_top + 0.9 * line_height
few = layers < 7
set label 9100 'query' at screen at + 0.01, screen y0 left point pt 7 ps 1.1 lc rgb '#444444' offset 0.8,0 font ',12'
set label 9101 'value' at screen at + 95.0 / figure_width, screen y0 left point pt 5 ps 1.0 lc rgb '#444444' offset 0.8,0 font ',12'
set label 9102 'random update' at screen at + 190.0 / figure_width, screen y0 left point pt 2 ps 0.8 lc rgb '#999999' offset 0.8,0 font ',12'
at = at + 345.0 / figure_width
do for [k=0:layers-1] {
    word = few || k == 0 ? sprintf('layer %d', k) : k == layers - 1 ? sprintf('%d', k) : ''
    set label 9200+k word at screen at, screen y0 left point pt 7 ps 1.3 lc rgb value(sprintf('layer_%d', k)) offset 0.8,0 font ',12'
    at = at + (few || k == 0 ? 88.0 : 22.0) / figure_width
}
stats $points using ($1 > 0 && $2 > 0 ? $1 : NaN):($1 > 0 && $2 > 0 ? $2 : NaN) nooutput name 'L' # zero has no logarithm
low_x = L_min_x; high_x = L_max_x; low_y = L_min_y; high_y = L_max_y
set logscale xy
set xrange [low_x / 1.3 : high_x * 1.3]; set yrange [low_y / 1.3 : high_y * 1.3]
set format '10^{%T}'
set termoption enhanced
set xtics 10; set ytics 10
shape(value) = value > 0 ? 5 : 7
do for [m=0:methods-1] {
    x0 = left + m * (wide + gap)
    set lmargin at screen x0; set rmargin at screen x0 + wide
    set bmargin at screen bottom; set tmargin at screen panel_top
    set label 1 value(sprintf('title_%d', m)) at graph 0, screen top - 0.9 * line_height left font 'DejaVu Sans Bold,18' noenhanced
    set label 2 value(sprintf('r_%d', m)) at graph 1, screen top - 0.9 * line_height right font 'DejaVu Sans Bold,18' noenhanced
    set label 3 value(sprintf('words_%d', m)) at graph 1, screen top - 2.4 * line_height right font ',12' textcolor rgb '#777777' noenhanced
    set xlabel 'direction changed, dD' font ',13' offset 0,0.6 noenhanced
    if (m == 0) { set ylabel 'length changed, dM' font ',13' offset 1.0,0 noenhanced } else { unset ylabel; set format y '' }
    plot $random index m using 1:($5 > 0 ? $2 : NaN) with points pt 2 ps 0.5 lc rgb '#999999', \
         $points index m using 1:2:(int($3) + 0xA0000000) with lines lw 1 lc rgb variable, \
         $points index m using 1:($5 > 0 ? $2 : NaN):(shape($4)):3 with points pt variable ps 0.8 lc rgb variable
    unset label
}
unset multiplot
