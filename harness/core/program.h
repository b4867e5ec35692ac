/* The files that belong to this program: scripts of figures, experiments, the reference's bases. */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

/* Where a file such as "plots/style.gp" is: in the tree that the program was built in, or in PREFIX/share/peftlab when it
 * is installed in PREFIX/bin; never in the working folder. For free(); NULL when it is in neither. */
char *program_file(const char *name);

#endif
