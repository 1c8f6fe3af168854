/**
 * Where a model runs. What is present is found by opening a session of one small product and checking its numbers:
 * a provider that is in the binary but has no driver, or computes wrongly, is named with its reason.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform } from 'node:os';
import { dirname, join } from 'node:path';
import type { Device, DeviceDto } from '../../shared/contract.ts';
import { input, matmul } from '../graph/builders.ts';
import { graph } from '../graph/graph.ts';
import { bundledProviders, floatData, floats, Session } from './session.ts';

const labels: Record<Device, string> = { cpu: 'CPU', webgpu: 'WebGPU', cuda: 'NVIDIA CUDA', dml: 'DirectML', coreml: 'Core ML' };

/** Fastest first. WebGPU is taken only when asked for: without a GPU it runs in software, far slower than the CPU. */
const automaticOrder: readonly Device[] = ['cuda', 'dml', 'cpu'];

function expected(): Device[] {
  if (platform() === 'win32') return ['cpu', 'webgpu', 'dml'];
  if (platform() === 'darwin') return ['cpu', 'webgpu', 'coreml'];
  return arch() === 'x64' ? ['cpu', 'webgpu', 'cuda'] : ['cpu'];
}

const cudaMissing = 'its libraries are not installed (npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12)';

/** Looked for before it is tried: ONNX Runtime complains on standard error about a provider that is not there. */
function cudaIsInstalled(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return existsSync(join(folder, 'bin', 'napi-v6', platform(), arch(), 'libonnxruntime_providers_cuda.so'));
}

async function probe(device: Device): Promise<string | null> {
  if (device === 'cuda' && !cudaIsInstalled()) return cudaMissing;
  const product = graph('probe', { y: matmul(input('a', 'float32', [2, 2]), input('b', 'float32', [2, 2])) });
  try {
    const session = await Session.open(product, { device, threads: 1 });
    const { y } = await session.run({ a: floats(Float32Array.of(1, 2, 3, 4), [2, 2]), b: floats(Float32Array.of(5, 6, 7, 8), [2, 2]) });
    await session.release();
    return floatData(y).join() === '19,22,43,50' ? null : 'computes wrong numbers';
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (device === 'webgpu' && /adapter/i.test(message)) return 'no graphics adapter was found, or its driver has no Vulkan, Metal or Direct3D 12';
    return message.split('\n')[0].slice(0, 200);
  }
}

let found: Promise<DeviceDto[]> | undefined;

/** Every device of this platform, probed once in the life of the process. */
export function listDevices(): Promise<DeviceDto[]> {
  found ??= (async () => {
    const bundled = new Set(bundledProviders());
    const devices: DeviceDto[] = [];
    for (const device of expected()) {
      const label = device === 'cpu' ? `${labels.cpu} · ${cpus().length} threads` : labels[device];
      const reason = bundled.has(device) || device === 'cuda' ? await probe(device) : 'this build of ONNX Runtime does not bring it';
      devices.push({ device, label, available: reason === null, ...(reason === null ? {} : { reason }) });
    }
    return devices;
  })();
  return found;
}

export interface ChosenDevice {
  device: Device;
  /** a sentence for the person where the wish could not be met */
  notice?: string;
}

/** The device for a wish; falls back to the CPU with a message, never silently. */
export async function chooseDevice(wish: Device | 'auto'): Promise<ChosenDevice> {
  const devices = await listDevices();
  const available = (device: Device): boolean => devices.some((entry) => entry.device === device && entry.available);
  if (wish === 'auto') return { device: automaticOrder.find(available) ?? 'cpu' };
  if (available(wish)) return { device: wish };
  const reason = devices.find(({ device }) => device === wish)?.reason ?? 'it does not exist on this platform';
  return { device: 'cpu', notice: `${labels[wish]} cannot be used here: ${reason}. The CPU is used instead.` };
}
