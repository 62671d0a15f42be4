// Entry of the CDK: synthesizes the app into the folder that the CDK's command line, or CDK_OUTDIR, names.

import { vestibuleApp } from './vestibule-app.ts';

vestibuleApp().synth();
