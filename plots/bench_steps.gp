# Benchmark: milliseconds of a step by part, beside its bare matrix products; one panel per measured width. csv, svg, png are given.
set datafile separator ','
set datafile columnheaders
parts = 'linear attention norm_gelu adapter embedding head optimizer data other'
colours = '#0072B2 #56B4E9 #009E73 #D55E00 #F0E442 #999999 #CC79A7 #444444 #BBBBBB'
titles = '"linear layers" "attention" "norms, GELU" "adapter" "embedding" "head" "optimizer" "data" "other"'
set style data histograms
set style histogram rowstacked
set style fill solid 0.9 noborder
set boxwidth 0.75
set grid ytics lc rgb '#dddddd'
set ylabel 'ms per step'
set xtics rotate by -50 font ',10' scale 0 noenhanced
set key outside bottom center horizontal font ',10' samplen 1
set yrange [0:*]
rows(size) = sprintf("< awk -F, 'NR == 1 || $1 == \"%s\"' '%s'", size, csv)
sizes = system(sprintf("awk -F, 'NR > 1 && !seen[$1]++ { print $1 }' '%s'", csv))
title_of(size) = size eq 'cola' ? 'MiniLM, CoLA' : size eq 'mrpc' ? 'MiniLM, MRPC' : 'd = '.size
name(kind, method, rank) = kind eq 'train' ? (method eq 'vera' ? method.' '.rank : method) : kind
do for [terminal in 'svg png'] {
    if (terminal eq 'svg') { set terminal svg size 1500,520 font 'DejaVu Sans,12' background '#ffffff'; set output svg }
    if (terminal eq 'png') { set terminal pngcairo size 1500,520 font 'DejaVu Sans,12'; set output png }
    set multiplot layout 1,words(sizes) title 'One step by part (processor time of one core); the mark is its matrix products alone'
    do for [size in sizes] {
        set title title_of(size)
        plot for [i=1:words(parts)] rows(size) using (column(word(parts, i).'_ms')):xtic(name(stringcolumn('kind'), stringcolumn('method'), stringcolumn('rank'))) \
                 lc rgb word(colours, i) title size eq word(sizes, 1) ? word(titles, i) : '', \
             rows(size) using 0:(column('bare_ms')) with points pt 2 ps 1 lw 2 lc rgb '#000000' title size eq word(sizes, 1) ? 'products alone' : ''
    }
    unset multiplot
    unset output
}
