export function refusal(file: string, source: string, typeOnly: boolean): string | null;
