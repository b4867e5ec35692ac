# Score against up to four costs; the larger the mark, the surer the method is on the front.
set multiplot
unset key
# A third of the colour, two thirds of the paper.
mixed(c, shift) = (int(c / shift) % 256 + 2 * 255) / 3 * shift
pale(c) = mixed(int(c), 65536) + mixed(int(c), 256) + mixed(int(c), 1)
left = 85.0 / figure_width; gap = 75.0 / figure_width
legend = 250.0 / figure_width
bottom = caption_top + 4.0 * line_height
between = 4.4 * line_height
wide = (1 - left - legend - gap) / 2
high = panels > 2 ? (top - bottom - between) / 2 : top - bottom
set ylabel 'score' font ',13' offset 1.5,0
# The legend: a key beside a panel would break into columns over it when methods are many.
do for [m=0:series-1] {
    set label 9100+m label(m) at screen 1 - legend + 24.0 / figure_width, screen top - (0.4 + 1.25 * m) * line_height left \
        point pt mark(m) ps 1.2 lc rgb color(m) offset 1.2,-0.15 font ',12' noenhanced
}
do for [i=0:panels-1] {
    col = i % 2; row = i / 2
    set lmargin at screen left + col * (wide + gap); set rmargin at screen left + col * (wide + gap) + wide
    set tmargin at screen top - row * (high + between); set bmargin at screen top - row * (high + between) - high
    set xlabel value(sprintf('axis_%d', i)) font ',13' offset 0,0.5
    unset logscale x; set autoscale
    stats $points index i using 1 nooutput name 'X'
    spread = value(sprintf('logarithmic_%d', i))
    if (X_min >= 0 && !spread) { set xrange [0:*] }
    set offsets graph 0.06, graph 0.06, graph 0.08, graph 0.08
    set termoption noenhanced
    if (spread) { set logscale x; set termoption enhanced; set format x '10^{%T}' } else { unset logscale x; set format x '%g' }
    plot $points index i using 1:($3 < 0.5 ? NaN : $2):(1.0 + 1.5 * $3):6:5 with points pt variable ps variable lc rgb variable notitle, \
         $points index i using 1:($3 < 0.5 ? $2 : NaN):(1.2):6:(pale($5)) with points pt variable ps variable lc rgb variable notitle, \
         $points index i using 1:2:(sprintf('%s: %.4g, score %.1f, on the front %.0f %%', label(int($4)), $1, $2, 100 * $3)) @tell
    unset label
}
unset multiplot
