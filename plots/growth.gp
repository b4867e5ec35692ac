# Seconds and memory of report, status and merge over the number of runs; both axes logarithmic. The thin line is
# proportional, the dashed ones are the aims at 100,000 runs: two minutes and 1 GiB. csv, svg, png are given.
set datafile separator ','
set encoding utf8
set logscale xy
set grid lc rgb '#dddddd'
set key below font ',11' samplen 2
set xlabel 'runs'
set format x '%.0f'
set format y '%g'
set xrange [700:150000]
rows(what) = sprintf("< grep '^%s,' '%s'", what, csv)
array what[4] = ['report,rebuilt', 'report,kept', 'status,kept', 'merge,none']
array name[4] = ['report, index rebuilt', 'report', 'status', 'merge']
array paint[4] = [0xD55E00, 0x0072B2, 0x009E73, 0x555555]
do for [terminal in 'svg png'] {
    if (terminal eq 'svg') { set terminal svg size 1000,500 font 'DejaVu Sans,12' background '#ffffff'; set output svg }
    if (terminal eq 'png') { set terminal pngcairo size 1000,500 font 'DejaVu Sans,12'; set output png }
    set multiplot layout 1,2
    set yrange [*:*]
    stats rows('status,kept') using 3:4 nooutput name 'S'
    set title 'Processor seconds'
    set yrange [0.05:400]
    plot 120 lc rgb '#999999' dt 2 notitle, x * S_max_y / S_max_x lc rgb '#bbbbbb' title 'proportional', \
         for [i = 1:4] rows(what[i]) using 3:4 with linespoints pt 7 lw 2 lc rgb paint[i] title name[i]
    set title 'Memory, MiB'
    set yrange [10:2000]
    plot 1024 lc rgb '#999999' dt 2 notitle, \
         for [i = 1:4] rows(what[i]) using 3:5 with linespoints pt 7 lw 2 lc rgb paint[i] notitle
    unset multiplot
    unset output
}
