# Singular values of the weight change relative to the largest, both logarithmic; intruder dimensions beside them.
# Full fine-tuning, LoRA and DoRA are drawn out, the others pale.
# Colour and mark are the method's; its second and third variant have other marks, in a darker and a lighter shade.
again(i) = (sum [k=0:series-1] (k < i && color(k) == color(i) && mark(k) == mark(i))) % 3
shape(i) = again(i) == 0 ? mark(i) : again(i) == 1 ? 12 : 6
part(c, shift, to, share) = int((int(c / shift) % 256) * (1 - share) + to * share) * shift
mixed(c, to, share) = part(c, 65536, to, share) + part(c, 256, to, share) + part(c, 1, to, share)
own(i) = again(i) == 0 ? color(i) : again(i) == 1 ? mixed(color(i), 0, 0.5) : mixed(color(i), 255, 0.4)
planted_known = planted == planted
shade(i) = value(sprintf('pale_%d', i)) && !planted_known ? mixed(own(i), 255, 0.7) : own(i)
set multiplot
set bmargin at screen caption_top + 4.4 * line_height
set tmargin at screen top
left = 100.0 / figure_width
legend = 1 - 330.0 / figure_width
gap = 90.0 / figure_width
middle = known ? left + (legend - left - gap) * 0.56 : legend
set lmargin at screen left
set rmargin at screen middle
set key at screen 1 - 8.0 / figure_width, top right top Left reverse font ',12'
set logscale xy
set termoption enhanced
set format y '10^{%T}'
set xrange [0.9:70]
set yrange [1e-4:1.6]
set xtics (1, 2, 4, 8, 16, 32, 64) font ',12' offset 0,0.3
set ytics font ',12'
set xlabel 'singular value, by size' font ',13' offset 0,0.4
# Placed by hand: gnuplot puts a label of the axis over the tics when the margins are given.
set label 1 'relative size' at screen 0.022, screen (caption_top + 4.4 * line_height + top) / 2 center rotate font ',13'
if (planted == planted) { set arrow 1 from planted, graph 0 to planted, graph 1 nohead lc rgb '#444444' dt 2 lw 1.5 back }
named(i) = sprintf('%s (%.1f)', label(i), value(sprintf('rank_%d', i)))
plot for [i=0:series-1] $spectra index i using 1:2 with linespoints lw 1.8 dt 1 + i % 3 pt shape(i) ps 0.7 lc rgb shade(i) title named(i) noenhanced, \
     for [i=0:series-1] '+' using (value(sprintf('rank_%d', i))):(1.3) every ::0::0 with points pt 11 ps 1.1 lc rgb shade(i) notitle
if (known) {
    unset logscale
    unset label
    unset arrow 1
    unset key
    set lmargin at screen middle + gap
    set rmargin at screen legend
    set format y '%g'
    set xrange [0.05:0.95]
    set yrange [-0.2:*]
    set xtics 0.2, 0.2, 0.8
    set xlabel 'threshold of |cosine|'
    set label 1 'intruder dimensions of ten' at screen middle + 0.42 * gap, screen (caption_top + 4.4 * line_height + top) / 2 center rotate font ',13'
    set arrow 2 from 0.5, graph 0 to 0.5, graph 1 nohead lc rgb '#444444' dt 3 lw 1.5 back
    plot for [i=0:series-1] $intruders index i using 1:2 with linespoints lw 1.8 dt 1 + i % 3 pt shape(i) ps 0.8 lc rgb shade(i) notitle
}
unset multiplot
