/* What reading and writing of HDF5 share: the only file that includes hdf5.h. */
#ifndef CORE_H5_FILE_H
#define CORE_H5_FILE_H

#include "core/die.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>
#include <stddef.h>

struct h5 {
    hid_t file;
    enum exit_code code;
    bool writing, failed; /* failed: a write went wrong; said once, at close */
    size_t size;          /* bytes of the file that is read */
    char *path;
};

struct h5 *h5_wrap(hid_t file, const char *path, enum exit_code code);
hid_t h5_memory_access(void);
/* A name for a file in memory: no other open file has it (HDF5 would take the two for one), nor any file on disk (HDF5
 * looks). Valid until the next call. */
const char *h5_memory_name(void);

/* -1 when it is not HDF5. */
hid_t h5_open_image(char *image, size_t size);
/* Whether a child process reads its objects, the first 4,096 of them, without crashing, in the processor time that a file of its size may take. */
bool h5_child_survives(const char *path, char *image, size_t size);

#endif
