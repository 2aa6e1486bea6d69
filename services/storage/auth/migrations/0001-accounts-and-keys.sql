CREATE TABLE accounts (
  user_id uuid PRIMARY KEY,
  -- Lower case; the account's name.
  email text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  roles text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  public_jwk jsonb NOT NULL,
  -- The private half (PKCS #8, PEM), AES-256-GCM: 12 bytes of nonce, 16 of tag, then the text. The kid is authenticated with it.
  encrypted_private_key bytea NOT NULL,
  -- Published from its creation, used for signing from here on until the next key is active.
  active_from timestamptz NOT NULL UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
