// What to try with a running embedded system: commands to paste, with the device guide's openssl lines.

export type WalkThrough = {
  readonly mqtt: { readonly host: string; readonly port: number };
  readonly serverCaFile: string;
};

/** Quoted for a POSIX shell. */
const quoted = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

export const walkThrough = ({
  mqtt,
  serverCaFile,
}: WalkThrough): string => `Try it in a second terminal (openssl and mosquitto-clients are all it needs):

  mkdir -p .vestibule/try && cd .vestibule/try

  # a tenant, and the CA that vouches for its devices
  openssl genrsa -out acme.key 2048
  openssl req -x509 -new -nodes -key acme.key -sha256 -days 365 -subj "/C=DE/O=Acme/CN=acme-ca" -out acme.pem
  npx vestibule tenant create acme --naming eu1
  npx vestibule anchor register acme.pem --tenant acme

  # a device, as a factory makes it
  openssl genrsa -out device01.key 2048
  openssl req -new -key device01.key -out device01.csr -subj "/C=DE/ST=ER/O=Acme/OU=IT/CN=device01"
  openssl x509 -req -in device01.csr -CA acme.pem -CAkey acme.key -CAcreateserial -out device01.pem -days 365 -sha256
  cat device01.pem acme.pem > device01_chain.pem
  npx vestibule check device01_chain.pem --tenant acme --naming eu1

  # the first connect is closed and onboards the device; mosquitto_sub tries again by itself and stays
  mosquitto_sub --cafile ${quoted(serverCaFile)} --cert device01_chain.pem --key device01.key \\
    -h ${mqtt.host} -p ${mqtt.port} -i acme_device01 -t tc/acme/acme_device01/i/amo_v3/ms -d

  npx vestibule device show acme_device01
`;
