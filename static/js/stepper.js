// − and + change the number in place. Without this they send the form, which does the same.

for (const button of document.querySelectorAll("[data-stepper] button")) {
  button.type = "button";
  button.removeAttribute("name"); // Or htmx would send the step along as well.
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-stepper] button");
  if (!button) return;
  const input = button.parentElement.querySelector("input");
  const before = input.value;
  if (button.value === "1") input.stepUp();
  else input.stepDown();
  if (input.value !== before) input.dispatchEvent(new Event("change", { bubbles: true }));
});

// A button that would leave the limits rests; the focus it had goes to the number.
document.addEventListener("change", (event) => {
  const stepper = event.target.closest?.("[data-stepper]");
  if (!stepper) return;
  const [fewer, more] = stepper.querySelectorAll("button");
  const input = stepper.querySelector("input");
  for (const [button, limit] of [[fewer, input.min], [more, input.max]]) {
    const rests = input.value === limit;
    if (rests && button === document.activeElement) input.focus();
    button.disabled = rests;
  }
});
