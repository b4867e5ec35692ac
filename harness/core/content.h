/* The hash of a file's content, remembered for as long as the file is surely the one that was read. */
#ifndef CORE_CONTENT_H
#define CORE_CONTENT_H

#include "core/hash.h"

/* SHA-256 of the bytes of a regular file of any size. With `cache`, a folder that exists, the answer is kept there under the
 * file's real path, device, inode, size, and times of change in nanoseconds; a file that changed within the last
 * seconds is read again, since two changes within one tick of a file system's clock look alike. NULL: always reads.
 * Dies with EXIT_DATA when the file cannot be read. */
void content_hash(const char *path, const char *cache, char hex[HASH_HEX]);

#endif
