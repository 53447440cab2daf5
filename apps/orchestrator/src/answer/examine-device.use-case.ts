import {
  type AgentCommandDefinition,
  ClaimPreflight,
  type DataOf,
  DeviceDoctor,
  GuardReport,
  poolFindings,
  type PoolGuard,
  PoolReport,
  PoolThresholds,
  type ReplyOf,
  SnapfleetError,
  type VolumeHandle,
  VolumeSurvey,
} from '@snapfleet/contracts';

/** One line of the doctor. */
export type Check = ReplyOf<typeof DeviceDoctor>['checks'][number];

/** Asks another service of the device. */
export interface ServiceCaller {
  call(definition: AgentCommandDefinition, data: unknown, options: { deadlineMs: number }): Promise<unknown>;
}

/** Tells which of the device's services are at work on their messages. */
export interface ServicePresence {
  isListening(service: 'backup-worker' | 'restore-verifier'): Promise<boolean>;
}

const answerMs = 20_000;
const thresholds = PoolThresholds.parse({});
const percent = (value: number | undefined): string => (value === undefined ? 'not known' : `${value.toFixed(1)} %`);

/** The doctor: what would keep a snapshot from succeeding, with the reason and the remedy. */
export class ExamineDeviceUseCase {
  constructor(
    private readonly services: ServiceCaller,
    private readonly presence: ServicePresence,
    /** What the scans have found. */
    private readonly scanned: readonly { check(): Check }[],
  ) {}

  async run(question: DataOf<typeof DeviceDoctor>): Promise<ReplyOf<typeof DeviceDoctor>> {
    const checks = await Promise.all([
      this.pools(),
      this.guard(),
      this.listening('backup-worker'),
      this.listening('restore-verifier'),
      ...(question.namespace !== undefined && question.persistentVolumeClaim !== undefined
        ? [this.claim(question, question.namespace, question.persistentVolumeClaim)]
        : []),
    ]);
    return { checks: [...checks.flat(), ...this.scanned.map((one) => one.check())] };
  }

  private async pools(): Promise<Check[]> {
    try {
      const { pools, leases } = (await this.services.call(PoolReport, {}, { deadlineMs: answerMs })) as ReplyOf<
        typeof PoolReport
      >;
      const answered: Check = { check: 'host-lvm answers', passed: true, note: `${String(leases)} leases` };
      const room = pools.map((pool): Check => {
        const [error] = poolFindings(pool, [], thresholds);
        return {
          check: `thin pool ${pool.volumeGroup}/${pool.pool} has room`,
          passed: error === undefined,
          note: `data ${percent(pool.dataPercent)}, metadata ${percent(pool.metadataPercent)}`,
          ...(error === undefined ? {} : { error: error.toDetail() }),
        };
      });
      return [
        answered,
        ...room,
        ...(pools.length > 0 ? [] : [{ check: 'there is a thin pool', passed: false, note: 'lvs reports none' }]),
      ];
    } catch (error) {
      return [failed('host-lvm answers', error)];
    }
  }

  /** Asked through the cluster operator, for the guard has no NATS; a quiesce asks it in the same way. */
  private async guard(): Promise<Check[]> {
    const check = 'workload-guard answers';
    try {
      const { armed, firing } = (await this.services.call(GuardReport, {}, { deadlineMs: answerMs })) as ReplyOf<
        typeof GuardReport
      >;
      const note = `${String(armed)} dead-man timers armed, ${String(firing)} workloads being brought back`;
      return [{ check, passed: true, note }];
    } catch (error) {
      return [failed(check, error)];
    }
  }

  private async listening(service: 'backup-worker' | 'restore-verifier'): Promise<Check[]> {
    try {
      const passed = await this.presence.isListening(service);
      return [
        {
          check: `${service} is at work`,
          passed,
          note: passed ? 'waits for messages' : 'its consumer has nobody who asks for messages',
        },
      ];
    } catch (error) {
      return [failed(`${service} is at work`, error)];
    }
  }

  private async claim(
    question: DataOf<typeof DeviceDoctor>,
    namespace: string,
    persistentVolumeClaim: string,
  ): Promise<Check[]> {
    const check = `${namespace}/${persistentVolumeClaim} can be snapshotted`;
    const { quiesce, volumeSnapshotClassName } = question.policy;
    try {
      const data = { namespace, persistentVolumeClaim, quiesce, volumeSnapshotClassName };
      const reply = (await this.services.call(ClaimPreflight, data, { deadlineMs: answerMs })) as ReplyOf<
        typeof ClaimPreflight
      >;
      if (!reply.passed) return reply.findings.map((error) => failed(check, SnapfleetError.fromDetail(error)));
      const passed = { check, passed: true, note: `VolumeSnapshotClass ${reply.volumeSnapshotClassName}` };
      const room = `${namespace}/${persistentVolumeClaim} has room for a snapshot`;
      return [passed, ...(await this.room(room, reply.claim.volumeHandle, question.policy.poolGuard))];
    } catch (error) {
      return [failed(check, error)];
    }
  }

  /** What the survey before a snapshot would say, and how many more snapshots fit. */
  private async room(check: string, volumeHandle: VolumeHandle, guard: PoolGuard): Promise<Check[]> {
    const { maximumDataPercent: dataPercent, maximumMetadataPercent: metadataPercent } = guard;
    const data = { volumeHandles: [volumeHandle], thresholds: { dataPercent, metadataPercent } };
    try {
      const reply = (await this.services.call(VolumeSurvey, data, { deadlineMs: answerMs })) as ReplyOf<
        typeof VolumeSurvey
      >;
      if (reply.findings.length > 0)
        return reply.findings.map((error) => failed(check, SnapfleetError.fromDetail(error)));
      const left = reply.volumes[0]?.snapshotsLeft;
      const note = left === undefined ? 'the virtual budget of TopoLVM is not known' : `${String(left)} more fit`;
      return [{ check, passed: true, note }];
    } catch (error) {
      return [failed(check, error)];
    }
  }
}

function failed(check: string, thrown: unknown): Check {
  const error = SnapfleetError.from(thrown).toDetail();
  return { check, passed: false, note: error.message.slice(0, 2048), error };
}
