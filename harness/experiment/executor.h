/* Making a run: weights and data come into memory, a lock keeps others off, the record is written. */
#ifndef EXPERIMENT_EXECUTOR_H
#define EXPERIMENT_EXECUTOR_H

#include "experiment/run_key.h"
#include "record/record.h"

/* Loads the base and makes the data of a run; both belong to the session. When the data are not those that it was called
 * after (a list of another version's runs said so), the identity is corrected. Dies with EXIT_DATA when a synthetic base
 * has not been pretrained. */
struct run_needs {
    const struct dataset *splits;
    struct task_env *env;
};
struct run_needs executor_load(struct session *s, struct identity *id);

enum run_outcome { RUN_EXISTS, RUN_DONE, RUN_BUSY };
/* Runs unless the record is there (then it is verified to be whole) or another process is at it. */
enum run_outcome executor_run(struct session *s, struct identity *id, const struct run_hooks *hooks);
/* Trains the run again, from its checkpoint on when that was kept, for hooks->trained; writes no record. Returns how
 * it ended: hooks->trained is called only where that is RUN_OK. */
enum run_status executor_retrace(struct session *s, struct identity *id, const struct run_hooks *hooks);

#endif
