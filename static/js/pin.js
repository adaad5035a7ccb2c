// Large keys for fingers; without this script the field and its own keyboard do.
const form = document.querySelector("[data-pin]");
if (form) {
  const field = form.querySelector("input[type=password]");
  const keypad = form.querySelector(".keypad");
  keypad.hidden = false;
  form.querySelector("[data-plain]").hidden = true;
  // A finger on the field would bring up a second keyboard over the keys.
  if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
  else field.focus();
  keypad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-digit]");
    if (!key) return;
    if (!key.dataset.digit) field.value = "";
    else if (field.value.length < field.maxLength) field.value += key.dataset.digit;
  });
}
