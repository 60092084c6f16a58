/** Entry of the notebook frame: the API in, the port from the page, and the notebook on screen. */
import * as api from './index.ts';
import { FrameLink, receivePort } from './notebook/frame-link.ts';
import { PORT_MESSAGE } from './notebook/frame-protocol.ts';
import { FrameApp } from './ui/notebook/frame-app.ts';
import './ui/tokens.css';
import './ui/notebook/frame.css';

const port = await receivePort(PORT_MESSAGE);
new FrameApp(new FrameLink(port), api).start(document.body);
