# Figure 12, second part: performance profile.
set bmargin at screen caption_top + 4.6 * line_height
set tmargin at screen top
set rmargin at screen 0.70
set key at screen 0.98, top right top Left reverse font ',12'
set xlabel 'test score x 100'
set ylabel 'share of runs above'
set yrange [0:1.02]
set autoscale xfix
plot for [i=0:series-1] $profile index i using 1:2 with lines lw 2.5 dt 1 + i % 4 lc rgb color(i) title label(i)
