/* peftlab new: a method's file to begin with. */
#include "cli/verb.h"

#include "core/arena.h"
#include "core/die.h"
#include "core/file.h"
#include "core/program.h"
#include "record/facts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Records and lists have room for so long a name. */
enum { FILE_MOST = 1 << 20, NAME_MOST = sizeof((struct facts *)0)->method - 1 };

/* A C identifier in small letters, which is a file's name as well. */
static void check_name(const char *name)
{
    bool good = islower((unsigned char)*name) && strlen(name) <= NAME_MOST;
    for (const char *c = name; *c; c++)
        good &= islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_';
    if (!good)
        die(EXIT_USAGE, "\"%.60s\" is no name of a method: small letters, digits and _, a letter first, at most %d",
            name, NAME_MOST);
}

/* `text` with every `from` that stands alone as a word, or behind method_, exchanged for `to`. */
static void write_renamed(FILE *out, const char *text, const char *from, const char *to)
{
    const size_t n = strlen(from);
    for (const char *c = text; *c;) {
        bool begins = c == text || !isalnum((unsigned char)c[-1]);
        if (begins && strncmp(c, from, n) == 0 && !isalnum((unsigned char)c[n]) && c[n] != '.') {
            fputs(to, out);
            c += n;
        } else
            fputc(*c++, out);
    }
}

static int run(const struct words *w)
{
    const char *name = w->word[0], *like = words_text(w, "like", "template");
    check_name(name);
    check_name(like);
    char *path = mem_text("methods/%s.c", name), *old = mem_text("methods/%s.c", like), *from = program_file(old);
    if (!file_is_folder("methods"))
        die(EXIT_USAGE, "there is no folder methods here: a method is a file of the program's source tree");
    if (file_exists(path))
        die(EXIT_USAGE, "%s is there: take another name, or remove it", path);
    if (!from)
        die(EXIT_USAGE, "like=%s: there is no %s", like, old);
    char *text = file_read(from, FILE_MOST, NULL);
    struct file_out out;
    file_begin(&out, path);
    write_renamed(out.stream, text, like, name);
    file_commit(&out);
    printf("%s\nmake && ./peftlab check %s (docs/add-a-method.md says what each part is for)\n", path, name);
    free(text);
    free(from);
    free(old);
    free(path);
    return EXIT_OK;
}

const struct verb verb_new = {
    .name = "new",
    .group = VERB_PROVE,
    .summary = "write the file that a method of yours begins with, methods/NAME.c",
    .usage = "NAME",
    .least = 1,
    .most = 1,
    .help = "The file is a copy of methods/template.c, the method SSF, under the new name: it\n"
            "compiles and obeys every law. like=loha begins with a dense update instead,\n"
            "like=lora with a pair of matrices.",
    .example = "new mine\nnew mine like=loha",
    .options = {{"like", "METHOD", "the method whose file is copied; template unless given"}},
    .run = run,
};
