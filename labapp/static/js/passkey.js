// Passkeys (WebAuthn). <form data-passkey="create|get" data-options='{...}'> with a field `credential` and an element
// [data-passkey-error]: asks the device, puts the answer in the field and sends the form. A button [data-passkey-again]
// tries once more. Options and answers have the form that Flask-Security uses.
const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("_", "/").replaceAll("-", "+")), (sign) => sign.charCodeAt(0));
const toText = (buffer) => buffer ? btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "") : null;
const withBytes = (list = []) => list.map((item) => ({ ...item, id: toBytes(item.id) }));

const create = async (options) => {
  const made = await navigator.credentials.create({ publicKey: {
    ...options, challenge: toBytes(options.challenge), user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: withBytes(options.excludeCredentials) } });
  return {
    id: made.id, rawId: toText(made.rawId), type: made.type,
    response: { attestationObject: toText(made.response.attestationObject), clientDataJSON: toText(made.response.clientDataJSON),
      transports: made.response.getTransports?.() ?? null },
    extensions: JSON.stringify(made.getClientExtensionResults()),
  };
};

const get = async (options) => {
  const given = await navigator.credentials.get({ publicKey: {
    ...options, challenge: toBytes(options.challenge), allowCredentials: withBytes(options.allowCredentials) } });
  const { authenticatorData, clientDataJSON, signature, userHandle } = given.response;
  return {
    id: given.id, rawId: toText(given.rawId), type: given.type,
    response: { authenticatorData: toText(authenticatorData), clientDataJSON: toText(clientDataJSON),
      signature: toText(signature), userHandle: toText(userHandle) },
    assertionClientExtensions: JSON.stringify(given.getClientExtensionResults()),
  };
};

const run = async (form) => {
  const problem = form.querySelector("[data-passkey-error]");
  problem.textContent = "";
  if (!window.PublicKeyCredential) { problem.textContent = problem.dataset.unsupported; return; }
  try {
    const options = JSON.parse(form.dataset.options);
    const credential = await (form.dataset.passkey === "create" ? create(options) : get(options));
    form.elements.credential.value = JSON.stringify(credential);
    form.requestSubmit();
  } catch (error) {
    problem.textContent = error.name === "InvalidStateError" ? problem.dataset.known : problem.dataset.failed;
  }
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.querySelector("[data-passkey-again]")?.addEventListener("click", () => run(form));
  run(form);
}
