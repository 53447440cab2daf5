import {
  SnapfleetError,
  snapshotsLeft,
  surveyFindings,
  thickVolume,
  type DataOf,
  type LvmdFacts,
  type ReplyOf,
  type SurveyedVolume,
  type ThinPoolFacts,
  type VolumeHandle,
  type VolumeSurvey,
} from '@snapfleet/contracts';
import {
  findVolume,
  poolFacts,
  thin,
  toFacts,
  type ReportedVolume,
  type VolumeGroupChoice,
  type VolumeReport,
} from '@snapfleet/lvm';

/** What lvs says of all thin pools and thin volumes, and of the volumes of these handles whatever they are. */
export interface ReportSource {
  /** @throws {SnapfleetError} lvm_failed */
  report(handles: readonly VolumeHandle[]): Promise<VolumeReport>;
}

interface Survey {
  readonly report: VolumeReport;
  readonly pools: readonly ThinPoolFacts[];
  readonly lvmd: LvmdFacts;
}

/** What keeps volumes from being snapshotted, as far as the host knows: of one report of lvs, so that it fits together. */
export class SurveyVolumes {
  constructor(
    private readonly source: ReportSource,
    private readonly lvmd: { read(): Promise<LvmdFacts> },
    private readonly groups: VolumeGroupChoice,
  ) {}

  /** @throws {SnapfleetError} lvm_failed */
  async pools(): Promise<Pick<Survey, 'pools' | 'lvmd'>> {
    const { pools, lvmd } = await this.#survey([]);
    return { pools, lvmd };
  }

  /** @throws {SnapfleetError} lvm_failed */
  async run({ volumeHandles, thresholds }: DataOf<typeof VolumeSurvey>): Promise<ReplyOf<typeof VolumeSurvey>> {
    const handles = [...new Set(volumeHandles)];
    const survey = await this.#survey(handles);
    const findings: SnapfleetError[] = [];
    const volumes = handles.map((handle) => this.#examine(survey, handle, findings));
    findings.push(...surveyFindings(volumes, thresholds));
    return { volumes, findings: findings.map((finding) => finding.toDetail()) };
  }

  async #survey(handles: readonly VolumeHandle[]): Promise<Survey> {
    const [report, lvmd] = await Promise.all([this.source.report(handles), this.lvmd.read()]);
    const deviceClasses = lvmd.state === 'known' ? lvmd.deviceClasses : [];
    return { report, lvmd, pools: poolFacts(report, deviceClasses, this.groups) };
  }

  #examine({ report, pools, lvmd }: Survey, volumeHandle: VolumeHandle, findings: SnapfleetError[]): SurveyedVolume {
    try {
      const volume = findVolume(report, volumeHandle, this.groups);
      if (volume.segmentType !== thin) throw thickVolume({ ...volume, kind: volume.segmentType }, lvmd);
      const pool = poolOf(volume, pools);
      const left = snapshotsLeft(pool, volume.sizeBytes);
      const logicalVolume = toFacts(volume);
      return { volumeHandle, logicalVolume, pool, ...(left === undefined ? {} : { snapshotsLeft: left }) };
    } catch (error) {
      findings.push(SnapfleetError.from(error));
      return { volumeHandle };
    }
  }
}

function poolOf({ volumeGroup, pool, fullName }: ReportedVolume, pools: readonly ThinPoolFacts[]): ThinPoolFacts {
  const found = pools.find((one) => one.volumeGroup === volumeGroup && one.pool === pool);
  if (found !== undefined) return found;
  throw new SnapfleetError('lvm_failed', `lvs does not tell of the thin pool ${volumeGroup}/${pool} of ${fullName}`);
}
