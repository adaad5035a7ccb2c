// Solves the proof of work out of sight and sends the form on. Where that is not possible (no worker,
// no cryptography, too slow), the guest waits and presses the button, as without scripts.

const form = document.querySelector("[data-proof]");
const working = document.querySelector("[data-working]");
const byHand = form.querySelector("[data-by-hand]");
const PATIENCE = 20000;

function solution(challenge) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(form.dataset.worker);
    const stop = setTimeout(() => reject(new Error("slow")), PATIENCE);
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      clearTimeout(stop);
      if (data && !data.error) resolve(data);
      else reject(data?.error);
    };
    worker.postMessage({ type: "work", challenge, counterStart: 0, counterStep: 1, timeout: PATIENCE });
  });
}

byHand.hidden = true;
working.hidden = false;
try {
  if (!window.isSecureContext) throw new Error("no cryptography here");
  const challenge = JSON.parse(form.dataset.proof);
  const proof = document.createElement("input");
  proof.type = "hidden";
  proof.name = "proof";
  proof.value = btoa(JSON.stringify({ challenge, solution: await solution(challenge) }));
  form.append(proof);
  form.submit();
} catch {
  working.hidden = true;
  byHand.hidden = false;
}
