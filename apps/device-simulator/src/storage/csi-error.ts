/** The gRPC codes that TopoLVM answers with here. */
export type CsiCode =
  'ResourceExhausted' | 'OutOfRange' | 'NotFound' | 'InvalidArgument' | 'Unimplemented' | 'Internal';

/** What TopoLVM answers to a CSI call that fails, as its sidecars repeat it. */
export class CsiError extends Error {
  override readonly name = 'CsiError';

  constructor(
    readonly csiCode: CsiCode,
    readonly description: string,
  ) {
    super(`rpc error: code = ${csiCode} desc = ${description}`);
  }

  /**
   * Whether the call is certainly not under way any more (isCSIFinalError of external-snapshotter); otherwise the
   * sidecar keeps its mark that a snapshot may be in the making.
   */
  get isFinal(): boolean {
    return this.csiCode !== 'ResourceExhausted';
  }
}
