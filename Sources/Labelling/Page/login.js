import { t, translate } from './words.js';

translate(document);
const form = document.getElementById('form');
const token = document.getElementById('token');
const notice = document.getElementById('notice');

// The link that the terminal prints has the token behind a #, a part that browsers keep to themselves.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (!given) return;
  token.value = given;
  history.replaceState(null, '', location.pathname);
}
takeToken();
// Who opens the link while this page is shown stays on it.
addEventListener('hashchange', takeToken);

form.addEventListener('submit', async event => {
  event.preventDefault();
  notice.hidden = true;
  const name = document.getElementById('name').value.trim();
  try {
    const answer = await fetch('login', {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, token: token.value.trim() }),
    });
    if (answer.ok) return location.assign('./');
    const error = (await answer.json()).error;
    notice.textContent = t('error_' + error.code) || error.message;
  } catch {
    notice.textContent = t('offline');
  }
  notice.hidden = false;
});
