import { register, WorkflowRegistry } from '../operations/workflow-registry.js';
import { CreateState } from './create/create-state.js';
import { CreateSnapshotWorkflow } from './create/create-snapshot.workflow.js';
import { DeleteSnapshotWorkflow } from './delete-snapshot.workflow.js';
import { DeleteState } from './delete-state.js';
import { PurgeState } from '../orphans/purge-orphan.state.js';
import { PurgeOrphanWorkflow } from '../orphans/purge-orphan.workflow.js';
import { RestoreState } from './restore-state.js';
import { RestoreVolumeWorkflow } from './restore-volume.workflow.js';

/** The workflows that have steps of their own; backup and verification are started by an event and run elsewhere. */
export const workflows = new WorkflowRegistry([
  register(new CreateSnapshotWorkflow(), CreateState, ['ready', 'failed']),
  register(new DeleteSnapshotWorkflow(), DeleteState, ['ended']),
  register(new RestoreVolumeWorkflow(), RestoreState, ['ended']),
  register(new PurgeOrphanWorkflow(), PurgeState, ['ended']),
]);
