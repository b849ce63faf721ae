/** What one may do with a member, as a menu. */

import type { Member } from '@hubbub/client';
import type { MenuChoice } from '../design/menu';
import { t } from '../i18n/index.svelte';
import { openChatWith } from '../people/actions';
import { friends } from '../state/friends.svelte';
import { hub } from '../state/hub';
import { people } from '../state/people.svelte';
import type { ChatRoom } from '../state/room.svelte';
import { server } from '../state/server.svelte';
import { session } from '../state/session.svelte';
import { shell } from '../state/shell.svelte';

const MINUTE = 60_000;
const MUTES = {
  minutes10: 10 * MINUTE,
  hour: 60 * MINUTE,
  day: 24 * 60 * MINUTE,
  week: 7 * 24 * 60 * MINUTE,
};

export function memberChoices(member: Member, room: ChatRoom): MenuChoice[] {
  const moderating = room.outranks(member)
    ? [...roleChoices(member, room), ...muteChoices(member, room), ...removals(member, room)]
    : [];
  return [...friendly(member), ...moderating];
}

function friendly({ user }: Member): MenuChoice[] {
  if (user === session.user) return [];
  if (friends.isFriend(user)) return [writeTo(user)];
  if (friends.isBlocked(user)) {
    return [
      {
        label: t().friends.unblock,
        icon: 'lock',
        run: () => void shell.attempt(() => hub.friends.unblock(user)),
      },
    ];
  }
  const ask: MenuChoice = { label: t().friends.addButton, icon: 'userPlus', run: () => void befriend(user) };
  return server.open ? [writeTo(user), ask] : [ask];
}

function writeTo(user: string): MenuChoice {
  return {
    label: t().details.write,
    icon: 'chat',
    run: () => {
      openChatWith(user);
    },
  };
}

async function befriend(user: string): Promise<void> {
  const asked = await shell.attempt(() => hub.friends.befriend(user));
  if (asked) shell.tell(t().friends.asked(people.nameOf(user)));
}

/** Owners hand out roles. */
function roleChoices({ user, role }: Member, room: ChatRoom): MenuChoice[] {
  if (room.summary?.role !== 'owner') return [];
  const set = (to: Member['role']) => void shell.attempt(() => hub.rooms.setRole(room.chat, user, to));
  const admin = role === 'admin';
  return [
    admin
      ? {
          label: t().details.makeMember,
          icon: 'shield',
          run: () => {
            set('member');
          },
        }
      : {
          label: t().details.makeAdmin,
          icon: 'shield',
          run: () => {
            set('admin');
          },
        },
    { label: t().details.makeOwner, icon: 'crown', run: () => void handOver(user, room) },
  ];
}

async function handOver(user: string, room: ChatRoom): Promise<void> {
  const { makeOwner, ownerSure } = t().details;
  const sure = await shell.ask({ title: makeOwner, text: ownerSure(people.nameOf(user)), action: makeOwner });
  if (sure) await shell.attempt(() => hub.rooms.setRole(room.chat, user, 'owner'));
}

function muteChoices({ user, mutedUntil }: Member, room: ChatRoom): MenuChoice[] {
  const mute = (until: number) => void shell.attempt(() => hub.rooms.mute(room.chat, user, until));
  if ((mutedUntil ?? 0) > hub.serverNow()) {
    return [
      {
        label: t().details.unmute,
        icon: 'mute',
        run: () => {
          mute(0);
        },
      },
    ];
  }
  return (['minutes10', 'hour', 'day', 'week'] as const).map((span) => ({
    label: `${t().details.mute}: ${t().details.muteFor[span]}`,
    icon: 'mute',
    run: () => {
      mute(hub.serverNow() + MUTES[span]);
    },
  }));
}

function removals({ user }: Member, room: ChatRoom): MenuChoice[] {
  const name = people.nameOf(user);
  const { kick, kickSure, ban, banSure } = t().details;
  const ask = async (action: string, text: string, run: () => Promise<void>) => {
    if (await shell.ask({ title: action, text, action, danger: true })) await shell.attempt(run);
  };
  return [
    {
      label: kick,
      icon: 'logout',
      danger: true,
      run: () => void ask(kick, kickSure(name), () => hub.rooms.kick(room.chat, user)),
    },
    {
      label: ban,
      icon: 'lock',
      danger: true,
      run: () => void ask(ban, banSure(name), () => hub.rooms.ban(room.chat, user)),
    },
  ];
}
