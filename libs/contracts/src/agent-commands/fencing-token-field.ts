import { FencingToken } from '../identifiers.js';

/** What the commands of an operation are ordered by. */
export const fencingToken = FencingToken.optional().describe(
  'of the operation: refused as `operation_superseded` where one as high is noted; absent: of a version that had none, and not fenced',
);
