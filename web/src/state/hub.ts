/** The one client of this page. */

import { createClient } from '@hubbub/client';
import { deviceName } from './device_name';

export const hub = createClient({ deviceName: deviceName(navigator.userAgent) });
