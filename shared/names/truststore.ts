// Where the truststore is kept: the stacks permit it, the worker writes it.

/** Key of the object in the truststore's bucket. */
export const TRUSTSTORE_KEY = 'truststore.pem';
