const space = '\u00a0';

/** A length of time in the two largest units that matter: `1 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number | undefined | null): string {
  if (seconds === undefined || seconds === null || !Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${Math.max(0, Math.round(seconds * 1000))}${space}ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${space}s`;
  const parts: [number, string][] = [[86_400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([size]) => whole >= size);
  const [size, unit] = parts[first];
  const major = Math.floor(whole / size);
  const [minorSize, minorUnit] = parts[first + 1] ?? [1, 's'];
  const minor = Math.floor((whole % size) / minorSize);
  return minor === 0 ? `${major}${space}${unit}` : `${major}${space}${unit} ${minor}${space}${minorUnit}`;
}

/** Time left, rounded so that it does not flicker: `about 1 min left`, `a few seconds left`. */
export function formatTimeLeft(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds)) return '';
  if (seconds < 5) return 'a few seconds left';
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5}${space}s left`;
  if (seconds < 3600) return `about ${Math.round(seconds / 60)}${space}min left`;
  return `about ${formatDuration(Math.round(seconds / 300) * 300)} left`;
}

/** A moment, absolute, in the person's own calendar: `21 Nov 2026, 14:05`. */
export function formatMoment(milliseconds: number): string {
  return new Date(milliseconds).toLocaleString(undefined, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' });
}

/** A moment relative to `now`: `just now`, `5 min ago`, `yesterday`, then the date. */
export function formatAgo(milliseconds: number, now: number): string {
  const seconds = Math.max(0, (now - milliseconds) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))}${space}min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)}${space}h ago`;
  if (seconds < 172_800) return 'yesterday';
  return new Date(milliseconds).toLocaleDateString(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
}
