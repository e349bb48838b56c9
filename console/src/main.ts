import { webDarkTheme, webLightTheme } from "@fluentui/tokens";
import { setTheme } from "@fluentui/web-components/theme/set-theme.js";
import "@fluentui/web-components/button.js";
import "@fluentui/web-components/spinner.js";
import "@fluentui/web-components/tablist.js";
import "@fluentui/web-components/tab.js";
import "uplot/dist/uPlot.min.css";
import { preferredLanguage, useLanguage } from "./text/index.js";
import "./ui/notices.js";
import "./ui/table.js";
import { applyTheme, setThemes } from "./theme.js";

setThemes((dark) => setTheme(dark ? webDarkTheme : webLightTheme));
applyTheme();
await useLanguage(preferredLanguage());
await import("./app.js");
