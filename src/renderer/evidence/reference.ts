/** Of a worked reference what follows its last ####, its answer; any other whole. */
export const shortReference = (reference: string | null): string => reference?.slice(reference.includes('####') ? reference.lastIndexOf('####') + 4 : 0).trim() ?? '';
