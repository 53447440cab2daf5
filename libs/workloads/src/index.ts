export { hooksAccess, type HooksCluster } from './access/hooks-access.js';
export { workloadAccess, type WorkloadCluster } from './access/workload-access.js';
export { GuardClient } from './guard/guard-client.js';
export {
  ErrorAnswer,
  HooksAnswer,
  hooksPath,
  TimerAnswer,
  TimerList,
  TimerOrder,
  timerPath,
  timersPath,
} from './guard/guard-protocol.js';
export type { TimerKey, WorkloadGuard } from './guard/workload-guard.js';
export { describeFailure } from './hooks/describe-failure.js';
export { missingHookRights } from './hooks/missing-hook-rights.js';
export { expectNotable, isEndOfHooksNoted, noteEndOfHooks, type HookedPods } from './hooks/note-end-of-hooks.js';
export { mostRefusedNotes, NoteRefusedError } from './hooks/note-refused-error.js';
export { holdsOn, presentPod } from './hooks/present-pod.js';
export { runAfterHooks } from './hooks/run-after-hooks.js';
export { runHook } from './hooks/run-hook.js';
export { fenceOf, fencePatch, highestFence, isFenced } from './marks/fence.js';
export { markPatch, readQuiesceMark, type QuiesceMark } from './marks/quiesce-mark.js';
export { workloadAnnotation } from './marks/workload-annotations.js';
export {
  expectRecreation,
  recreationOf,
  tryRecreation,
  type BarePod,
  type PodToMake,
  type Recreation,
} from './resume/pod-recreation.js';
export { ResumeWorkload, type Resumed } from './resume/resume-workload.js';
export { resumeProgress, type ResumeProgress } from './resume/resume-progress.js';
export { GuardedWorkload, HeldWorkload, isHeld } from './saved/held-workload.js';
export type { QuiescedWorkload } from './saved/quiesced-workload.js';
export { expectSame, nameOf, notSame } from './saved/same-workload.js';
