# Share of wrong signs against runs per method and task; every protocol is a point with its name beside it.
unset key
set lmargin at screen 0.09; set rmargin at screen 0.68
set tmargin at screen top; set bmargin at screen caption_top + 4.2 * line_height
set xlabel 'runs per method and task' offset 0,0.3
set ylabel 'wrong signs, %'
set logscale x 2
set xrange [0.8:*]
set yrange [0:*]
set offsets 0, 0, graph 0.05, 0
set xtics (1, 2, 4, 8, 16)
colour(i) = i < 4 ? 0x0072B2 : i < 7 ? 0xD55E00 : 0x444444
do for [i=0:9] {
    set label 100+i sprintf('%d  %s', i + 1, value(sprintf('protocol_%d', i))) at screen 0.695, screen top - (0.5 + 1.4 * i) * line_height left \
        font ',12' tc rgb colour(i) noenhanced
}
# Protocols of as many runs stand side by side.
aside(i) = i == 1 ? 1.07 : i == 4 ? 1.07 : 1
plot $protocols using ($1 * aside($5)):@bar:(colour($5)) with yerrorbars pt 7 ps 1.2 lw 1.5 lc rgb variable, \
     $protocols using ($1 * (aside($5) > 1 ? 1.05 * aside($5) : 1 / 1.05)):2:(sprintf('%d', $5 + 1)):(colour($5)) with labels offset 0,0.8 font ',12' tc rgb variable
