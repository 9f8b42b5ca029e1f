import { describe, expect, it } from 'vitest';
import {
  installCommand,
  isFfmpegNewEnough,
  isNodeNewEnough,
  isPurpose,
  type Machine,
  needs,
  planPrograms,
  runsTypeScript,
} from '../../../scripts/setup/needs.mjs';

const debian: Machine = { platform: 'linux', distribution: 'debian', hasApt: true, rights: 'root' };
const ids = (list: readonly { id: string }[]): string[] => list.map((need) => need.id);
const pick = (...wanted: string[]) => needs.filter((need) => wanted.includes(need.id));

describe('isNodeNewEnough', () => {
  it.each([
    ['18.20.4', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['21.7.3', false],
    ['22.11.0', false],
    ['22.12.0', true],
    ['24.0.0', true],
    ['26.10.0', true],
  ])('%s → %s', (version, expected) => {
    expect(isNodeNewEnough(version)).toBe(expected);
  });
});

describe('runsTypeScript', () => {
  it.each([
    ['20.20.2', false],
    ['22.17.1', false],
    ['22.18.0', true],
    ['23.5.0', false],
    ['24.0.0', true],
  ])('%s → %s', (version, expected) => {
    expect(runsTypeScript(version)).toBe(expected);
  });
});

describe('isFfmpegNewEnough', () => {
  it.each([
    ['ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026 the FFmpeg developers', true],
    ['ffmpeg version 4.4.2-0ubuntu0.22.04.1 Copyright (c) 2000-2021', false],
    ['ffmpeg version 5.0.1 Copyright', false],
    ['ffmpeg version 6.1.1-static https://johnvansickle.com/ffmpeg/', true],
    ['ffmpeg version n7.1-17-gf4cdc5a Copyright', true],
    ['ffmpeg version 10.0 Copyright', true],
    ['ffmpeg version N-118104-g0a4e5d7 Copyright', true],
    ['ffmpeg version 2025-01-05-git-19c95ecbff-full_build-www.gyan.dev', true],
    ['ffmpeg version 2016-git', false],
    ['bash: ffmpeg: command not found', false],
    ['', false],
  ])('%s → %s', (banner, expected) => {
    expect(isFfmpegNewEnough(banner)).toBe(expected);
  });
});

describe('planPrograms', () => {
  it('installs what is missing for the purpose, and nothing else', () => {
    const plan = planPrograms('demo', new Set(['ffmpeg']), debian);
    expect(ids(plan.install)).toEqual(['nginx', 'nginx-rtmp']);
    expect(plan.blocking).toEqual([]);
    expect(plan.optional).toEqual([]);
  });

  it('asks for nothing when all is there', () => {
    const all = new Set(ids(needs));
    expect(planPrograms('test', all, debian)).toEqual({ install: [], blocking: [], optional: [] });
  });

  it('stops without administrator rights', () => {
    const plan = planPrograms('test', new Set(['ffmpeg', 'python3']), { ...debian, rights: 'none' });
    expect(plan.install).toEqual([]);
    expect(ids(plan.blocking)).toEqual(['nginx', 'nginx-rtmp', 'stunnel', 'chromium']);
  });

  it.each(['darwin', 'win32', 'linux'] as const)(
    'needs only ffmpeg where there is no apt (%s)',
    (platform) => {
      const machine: Machine = { platform, distribution: '', hasApt: false, rights: 'none' };
      const plan = planPrograms('test', new Set(), machine);
      expect(ids(plan.blocking)).toEqual(['ffmpeg']);
      expect(ids(plan.optional)).toEqual(['nginx', 'nginx-rtmp', 'stunnel', 'chromium', 'python3']);
    },
  );

  it('does not ask Ubuntu for Chromium, whose package there is a pointer to a snap', () => {
    const plan = planPrograms('test', new Set(), { ...debian, distribution: 'ubuntu' });
    expect(ids(plan.install)).not.toContain('chromium');
    expect(ids(plan.optional)).toEqual(['chromium']);
  });

  it('starts the studio with ffmpeg alone', () => {
    expect(ids(planPrograms('start', new Set(), debian).install)).toEqual(['ffmpeg']);
  });
});

describe('installCommand', () => {
  it('is what an administrator types on Debian', () => {
    expect(installCommand(pick('nginx', 'nginx-rtmp'), { ...debian, rights: 'none' })).toBe(
      'sudo apt-get update && sudo apt-get install -y --no-install-recommends nginx libnginx-mod-rtmp',
    );
  });

  it('leaves sudo out for root, whose machine may not have it', () => {
    expect(installCommand(pick('ffmpeg'), debian)).toBe(
      'apt-get update && apt-get install -y --no-install-recommends ffmpeg',
    );
  });

  it.each([
    ['darwin', 'brew install ffmpeg && brew install --cask chromium'],
    ['win32', 'winget install --id Gyan.FFmpeg && winget install --id Google.Chrome'],
    ['linux', 'install with the package manager of this system: ffmpeg 5.1 or newer, Chromium'],
  ] as const)('names the package manager of %s', (platform, expected) => {
    const machine: Machine = { platform, distribution: '', hasApt: false, rights: 'none' };
    expect(installCommand(pick('ffmpeg', 'chromium'), machine)).toBe(expected);
  });

  it('is empty where nothing can bring it', () => {
    const mac: Machine = { platform: 'darwin', distribution: '', hasApt: false, rights: 'none' };
    expect(installCommand(pick('nginx-rtmp'), mac)).toBe('');
  });
});

describe('isPurpose', () => {
  it('takes the four purposes and nothing else', () => {
    expect(['demo', 'start', 'test', 'bench', 'node', '', undefined].map(isPurpose)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
