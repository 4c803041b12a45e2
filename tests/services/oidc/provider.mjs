// An OpenID provider on a free port of 127.0.0.1 with people for tests; prints its issuer. Ends with its parent.
//
// Whoever is not listed may sign in too, under any name: their e-mail is theirs by their own word alone.

import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const people = {
  ada: { name: 'Ada', email: 'Ada@acme.example', email_verified: true, realm_access: { roles: ['other', 'jqa-testers'] } },
  chief: { name: 'Chief', email: 'chief@acme.example', email_verified: true, realm_access: { roles: ['jqa-testers', 'jqa-chiefs'] } },
  guest: { name: 'Guest', email: 'guest@acme.example', email_verified: true, realm_access: { roles: [] } },
  eve: { name: 'Eve', email: 'owner@acme.example', email_verified: false, realm_access: { roles: ['jqa-testers'] } },
  owner: { name: 'Owner', email: 'owner@acme.example', email_verified: true, realm_access: { roles: ['jqa-testers'] } },
  nameless: { realm_access: { roles: ['jqa-testers'] } },
};

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'jqa',
        client_secret: 'a secret of tests: with/strange+characters',
        redirect_uris: ['https://jqa.test/api/v1/auth/oidc/callback'],
      },
    ],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'realm_access'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: { IdToken: 300 },
    cookies: { keys: ['only for tests'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  });
  server.on('request', provider.callback());
  console.log(issuer);
});

process.stdin.on('end', () => process.exit(0)).resume();
