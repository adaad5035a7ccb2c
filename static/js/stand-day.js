// The date on top: a tap anywhere on it opens the calendar, a choice leads there.

import { find } from "./stand-state.js";

const field = find("[data-day] input[type=date]");

field?.addEventListener("click", () => field.showPicker?.());
field?.addEventListener("change", () => field.value && field.form.requestSubmit());
