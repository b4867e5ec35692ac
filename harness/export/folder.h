/* The folder of an export: nothing of the user's is overwritten there, and peftlab.json says what it holds. */
#ifndef EXPORT_FOLDER_H
#define EXPORT_FOLDER_H

#include "data/task.h"

enum export_kind { EXPORT_ADAPTER, EXPORT_MERGED, EXPORT_BASE };
enum { EXPORT_NAME = 256 }; /* bytes of a class name as it is written */

/* Makes the folder. Dies with EXIT_USAGE when it is the base's own (`base`: its folder or file) or holds a model or an
 * adapter that is no earlier export of this kind, with EXIT_RESOURCE when it cannot be written. Before the training,
 * which would be in vain. */
void export_make_room(const char *folder, enum export_kind kind, const char *base);
/* The name of class k as JSON takes it: bytes that are not UTF-8 become U+FFFD; LABEL_k where there are no names. */
void export_class_name(const struct class_names *names, int k, char *text, size_t size);
/* Writes peftlab.json: the kind of export, the run's key (or NULL), and what each output stands for (outputs = 0: the
 * model has no head). */
void export_note(const char *folder, enum export_kind kind, const char *run, const struct class_names *names,
                 int outputs);

#endif
