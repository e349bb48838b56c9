import type { Texts } from "./en.js";
import { en } from "./en.js";
export const de: Texts = { ...en };
