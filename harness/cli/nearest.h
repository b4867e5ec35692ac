/* "Did you mean": the nearest of several words, and of the experiment files that a user can have meant. */
#ifndef CLI_NEAREST_H
#define CLI_NEAREST_H

/* Dies with EXIT_DATA when there is no such experiment file, naming the nearest .ini in its folder, in experiments/, or
 * among those that belong to the program. */
void nearest_experiment(const char *path);
/* Dies with EXIT_USAGE when a word is neither a published shape nor a base that can be opened, naming the nearest. */
void nearest_shape(const char *name);
/* Dies with EXIT_USAGE when a word that should name a method names a task. */
void nearest_method(const char *name);

#endif
